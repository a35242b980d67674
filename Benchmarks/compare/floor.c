/* The floor: libmagic and libclamav alone, in forked processes that share one engine, over files in the page cache,
   with the limits that an honest verdict needs. No network, queue, ledger, sandbox or account of the bytes.

   usage: floor SIGNATURES PROCESSES FILE_LIST
   Prints one line of JSON: signatures, objects, bytes, seconds, cpu (seconds of all processes, loading apart). */
#include <clamav.h>
#include <fcntl.h>
#include <magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const long long largest = 2147483647;

static struct cl_engine *load(const char *signatures, unsigned *count) {
    /* What the engine leaves unmatched in larger files, in silence. */
    static const enum cl_engine_field parts[] = {
        CL_ENGINE_MAX_FILESIZE, CL_ENGINE_MAX_HTMLNORMALIZE, CL_ENGINE_MAX_HTMLNOTAGS, CL_ENGINE_MAX_SCRIPTNORMALIZE,
        CL_ENGINE_MAX_EMBEDDEDPE, CL_ENGINE_MAX_ZIPTYPERCG, CL_ENGINE_PCRE_MAX_FILESIZE};
    if (cl_init(CL_INIT_DEFAULT)) return NULL;
    struct cl_engine *engine = cl_engine_new();
    if (!engine) return NULL;
    /* Else the engine would not scan the same bytes twice. */
    cl_engine_set_num(engine, CL_ENGINE_DISABLE_CACHE, 1);
    if (cl_load(signatures, engine, count, CL_DB_STDOPT) || cl_engine_compile(engine)) return NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) cl_engine_set_num(engine, parts[i], largest);
    cl_engine_set_num(engine, CL_ENGINE_MAX_SCANSIZE, 2 * largest);
    cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, 0);
    return engine;
}

static char **read_list(const char *path, size_t *count) {
    char line[4096], **paths = NULL;
    FILE *list = fopen(path, "r");
    if (!list) return NULL;
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        paths = realloc(paths, (*count + 1) * sizeof *paths);
        if (!paths || !(paths[(*count)++] = strdup(line))) return NULL;
    }
    fclose(list);
    return paths;
}

/* Takes one file after the other until none is left, and adds their lengths to *bytes. */
static void serve(struct cl_engine *engine, char **paths, size_t count, size_t *next, size_t *bytes) {
    magic_t magic = magic_open(MAGIC_MIME_TYPE);
    if (!magic || magic_load(magic, NULL)) _exit(1);
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_ALLMATCHES,
        .parse = 0xFFF,
        .heuristic = CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC
                   | CL_SCAN_HEURISTIC_EXCEEDS_MAX};
    for (;;) {
        size_t number = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
        if (number >= count) _exit(0);
        int file = open(paths[number], O_RDONLY);
        struct stat status;
        const char *name = NULL;
        unsigned long scanned = 0;
        if (file < 0 || fstat(file, &status)) _exit(1);
        if (!magic_descriptor(magic, file) || lseek(file, 0, SEEK_SET) < 0) _exit(1);
        cl_error_t code = cl_scandesc(file, NULL, &name, &scanned, engine, &options);
        if (code != CL_CLEAN && code != CL_VIRUS) _exit(1);
        __atomic_fetch_add(bytes, status.st_size, __ATOMIC_RELAXED);
        close(file);
    }
}

int main(int count, char **arguments) {
    if (count != 4) return 64;
    unsigned signatures = 0;
    struct cl_engine *engine = load(arguments[1], &signatures);
    size_t files = 0;
    char **paths = read_list(arguments[3], &files);
    size_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!engine || !paths || shared == MAP_FAILED) return 1;

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int left = atoi(arguments[2]); left > 0; left--) {
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) serve(engine, paths, files, &shared[0], &shared[64]);
    }
    int status, failures = 0;
    while (wait(&status) > 0) failures += status != 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (failures) return 1;

    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    double seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
    printf("{\"signatures\": %u, \"objects\": %zu, \"bytes\": %zu, \"seconds\": %.3f, \"cpu\": %.3f}\n",
           signatures, files, shared[64], seconds, cpu);
}
