#include "by_number.h"
#include "records.c"
