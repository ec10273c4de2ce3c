#define ASIDE
#include "resting.c"
