/* What a static program cannot have. */
#include <aio.h>
#include <errno.h>

#include "../check.h"

int main(void)
{
    struct aiocb control = {0}, *list[] = {&control};
    check("it fails", lio_listio(LIO_WAIT, list, 1, NULL) == -1);
    check("with the error for that", errno == ENOSYS);
    return 0;
}
