#ifndef TOPICS_H
#define TOPICS_H

#include "../sparse.h"
#include <stdatomic.h>

/* Threads that fragment the heap and have it meshed, until `stop_meshing`. */
void begin_meshing(void);
void stop_meshing(void);

/* Objects of `size` bytes, all zero, in spans that are sparse. */
void sparse_objects(void **objects, size_t count, size_t size);

void served(void);
void kept(void);
void blocked(void);
void streams(void);
void contexts(void);
void large(void);

#endif
