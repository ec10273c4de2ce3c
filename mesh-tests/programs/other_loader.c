/* A program that allocates before main. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void begin(void)
{
    free(malloc(100));
}

int main(void)
{
    puts("ok");
    return 0;
}
