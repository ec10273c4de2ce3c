#ifndef TOPICS_H
#define TOPICS_H

#include "../sparse.h"

void futexes(void);
void pages(void);

#endif
