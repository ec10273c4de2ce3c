/* Corner cases of the allocation functions, one line for each check. */
#include "topics.h"

int main(void)
{
    sizes();
    overflow();
    alignment();
    reallocation();
    contents();
    introspection();
    names();
    lifetime();
    return 0;
}
