/* The child of a process whose heap is meshed by a thread: whether a thread does it there as well. */
#include "../sparse.h"
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int control(const char *, void *, size_t *, void *, size_t);

static size_t meshes(void)
{
    control *mesh_mallctl = (control *)dlsym(RTLD_DEFAULT, "mesh_mallctl");
    size_t count = 0, size = sizeof count;
    need("the library", mesh_mallctl && mesh_mallctl("mesh.count", &count, &size, NULL, 0) == 0);
    return count;
}

int main(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct sparse heap = sparse_new(20000, 10, 1);
        size_t before = meshes();
        /* No request comes by a slow path meanwhile. */
        for (int i = 0; i < 1000 && meshes() == before; i++) {
            usleep(10000);
        }
        _exit(!(meshes() > before && sparse_painted(&heap, 1)));
    }
    need("a child", child > 0 && waitpid(child, &status, 0) == child);
    check("the child's heap is meshed while it does nothing", status == 0);
    return 0;
}
