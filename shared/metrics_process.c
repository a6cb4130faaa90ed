#include "shared/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { CPU, RESIDENT, VIRTUAL, THREADS, OPEN_FDS, MAX_FDS, START, FAMILIES };

const struct metric metrics_process_families[FAMILIES] = {
    [CPU] = {"process_cpu_seconds_total",
             METRIC_COUNTER,
             "Processor time used, of user and system.",
             {NULL}},
    [RESIDENT] = {"process_resident_memory_bytes",
                  METRIC_GAUGE,
                  "Memory in use.",
                  {NULL}},
    [VIRTUAL] = {"process_virtual_memory_bytes",
                 METRIC_GAUGE,
                 "Size of the address space.",
                 {NULL}},
    [THREADS] = {"process_threads", METRIC_GAUGE, "Threads.", {NULL}},
    [OPEN_FDS] = {"process_open_fds",
                  METRIC_GAUGE,
                  "Open file descriptors.",
                  {NULL}},
    [MAX_FDS] = {"process_max_fds",
                 METRIC_GAUGE,
                 "File descriptors that may be open.",
                 {NULL}},
    [START] = {"process_start_time_seconds",
               METRIC_GAUGE,
               "When the process began, since 1970.",
               {NULL}},
};
const size_t metrics_process_count = FAMILIES;

#define STAT_BYTES 2048

/* proc(5), /proc/pid/stat: fields are counted behind the name of the program,
 * which may hold anything; 0 is the state. */
enum { STAT_THREADS = 17, STAT_START = 19, STAT_VIRTUAL, STAT_RESIDENT };

static void read_stat(double values[FAMILIES])
{
    const double page = (double)sysconf(_SC_PAGESIZE);
    char text[STAT_BYTES], *at = NULL, *rest = NULL;
    FILE *file = fopen("/proc/self/stat", "re");
    size_t size = 0;

    if (file == NULL)
        return;
    size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    at = strrchr(text, ')');
    if (at != NULL)
        at = strtok_r(at + 1, " ", &rest);
    for (int i = 0; at != NULL; at = strtok_r(NULL, " ", &rest), i++) {
        double value = strtod(at, NULL);
        if (i == STAT_THREADS)
            values[THREADS] = value;
        else if (i == STAT_START)
            values[START] = value / (double)sysconf(_SC_CLK_TCK);
        else if (i == STAT_VIRTUAL)
            values[VIRTUAL] = value;
        else if (i == STAT_RESIDENT)
            values[RESIDENT] = value * page;
    }
}

/* The kernel counts from its own start. */
static double booted_at(void)
{
    struct timespec now, up;

    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    return (double)(now.tv_sec - up.tv_sec) +
           (double)(now.tv_nsec - up.tv_nsec) / 1e9;
}

static double count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = 0;

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 3; /* "." and "..", and the folder itself */
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void metrics_render_process(struct buffer *out)
{
    double values[FAMILIES] = {0};
    struct rlimit limit = {0, 0};

    read_stat(values);
    getrlimit(RLIMIT_NOFILE, &limit);
    values[START] += booted_at();
    values[CPU] = cpu_seconds();
    values[OPEN_FDS] = count_fds();
    values[MAX_FDS] = (double)limit.rlim_cur;
    for (int i = 0; i < FAMILIES; i++) {
        metrics_render_head(&metrics_process_families[i], out);
        buffer_add_format(out, "%s %.3f\n", metrics_process_families[i].name,
                          values[i]);
    }
}
