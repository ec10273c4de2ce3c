// The C++ face of the allocator, one line for each check.
#include "topics.h"

int main()
{
    operators();
    failures();
    containers();
    threads();
}
