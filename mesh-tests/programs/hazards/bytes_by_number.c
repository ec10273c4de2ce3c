#include "by_number.h"
#include "bytes.c"
