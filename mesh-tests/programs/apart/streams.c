/* Streams beside forks: a child's C library opens the locks of all streams before anybody else's code runs, and popen writes
   with all signals blocked. Buffers of streams are read into by calls that nobody sees. */
#define _GNU_SOURCE
#include "topics.h"
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STREAMS = 150, POPENS = 60, FORKS = 40 };

static FILE *streams_open[STREAMS];
static atomic_int failed;

static void *call_programs(void *unused)
{
    (void)unused;
    for (int i = 0; i < POPENS; i++) {
        FILE *output = popen("echo 1234567890", "r");
        char line[32];
        failed |= output == NULL || fgets(line, sizeof line, output) == NULL || strcmp(line, "1234567890\n") != 0;
        failed |= pclose(output) != 0;
    }
    return NULL;
}

/* A pipe has no size that a buffer could take: it is that of a terminal's, a kibibyte. */
static void *read_through_buffers(void *unused)
{
    (void)unused;
    for (int i = 0; i < POPENS; i++) {
        int ends[2];
        need("a pipe", pipe(ends) == 0);
        FILE *in = fdopen(ends[0], "r"), *out = fdopen(ends[1], "w");
        setvbuf(in, NULL, _IOFBF, 1024 + (size_t)i);
        for (int j = 0; j < 20; j++) {
            char *line = NULL;
            size_t room = 0;
            failed |= fprintf(out, "%0200d\n", j) != 201 || fflush(out) != 0;
            failed |= getline(&line, &room, in) != 201 || atoi(line) != j;
            free(line);
        }
        fclose(in);
        fclose(out);
    }
    return NULL;
}

static int child(void)
{
    unsigned char byte;
    for (int i = 0; i < STREAMS; i++)
        if (fread(&byte, 1, 1, streams_open[i]) != 1 || byte != 0)
            return 1;
    FILE *file = fopen("/dev/null", "w");
    return file == NULL || fprintf(file, "%d", 1) != 1 || fclose(file) != 0;
}

void streams(void)
{
    begin_meshing();
    pthread_t programs, buffers;
    for (int i = 0; i < STREAMS; i++) {
        streams_open[i] = fopen("/dev/zero", "r");
        need("a stream", streams_open[i] != NULL);
    }
    need("a thread", pthread_create(&programs, NULL, call_programs, NULL) == 0);
    need("another", pthread_create(&buffers, NULL, read_through_buffers, NULL) == 0);
    int fine = 0;
    for (int i = 0; i < FORKS; i++) {
        int status = -1;
        pid_t process = fork();
        if (process == 0)
            _exit(child());
        fine += process > 0 && waitpid(process, &status, 0) == process && status == 0;
        usleep(5000);
    }
    check("children use the streams that were open", fine == FORKS);
    pthread_join(programs, NULL);
    pthread_join(buffers, NULL);
    check("programs were called, and lines read", !failed);
    stop_meshing();
}
