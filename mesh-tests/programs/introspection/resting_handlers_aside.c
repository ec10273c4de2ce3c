#define ASIDE
#include "resting_handlers.c"
