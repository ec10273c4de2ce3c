#ifndef TOPICS_H
#define TOPICS_H

#include "../sparse.h"

void written_by_the_kernel(void);
void futexes(void);
void pages(void);

#endif
