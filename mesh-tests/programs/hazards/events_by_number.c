#include "by_number.h"
#include "events.c"
