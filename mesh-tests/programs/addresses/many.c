/* Takes blocks of 16 GiB, of which it uses the ends, as long as there are any. */
#include "../check.h"

enum { MOST = 4000 };

int main(void)
{
    static char *blocks[MOST];
    const size_t size = (size_t)16 << 30;
    size_t count = 0;
    while (count < MOST && (blocks[count] = malloc(size)) != NULL) {
        blocks[count][0] = blocks[count][size - 1] = (char)count;
        count++;
    }
    check("60 TiB are there", count >= 60 * 64);
    int good = 1;
    for (size_t i = 0; i < count; i++)
        good &= blocks[i][0] == (char)i && blocks[i][size - 1] == (char)i;
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    check("each has its own", good);
    return 0;
}
