/* Checks whose names are put together: "<function>: <what is promised>". */
#ifndef NAMED_H
#define NAMED_H

#include "../check.h"
#include <stdarg.h>

__attribute__((format(printf, 2, 3))) static inline void checkf(int holds, const char *format, ...)
{
    char name[160];
    va_list values;
    va_start(values, format);
    vsnprintf(name, sizeof name, format, values);
    va_end(values);
    check(name, holds);
}

#endif
