/* figures - what a test tried, told to whoever reads the end of a run.
 *
 *     figure("%zu merges in %.0f s", merges, seconds);
 *
 * adds the line "<ring.name>: 10204932 merges in 31 s" to the file that the
 * environment variable CLERKSTREAM_FIGURES names; `tests/run` sets it and shows
 * all lines before ctest's summary.  ctest gives the name of the test in
 * CLERKSTREAM_TEST.  Without them the line goes to standard output alone. */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIGURE_MAX 500 /* characters; what is longer is cut */

__attribute__((format(printf, 1, 2))) static inline void
figure(const char *format, ...)
{
    const char *path = getenv("CLERKSTREAM_FIGURES");
    const char *test = getenv("CLERKSTREAM_TEST");
    FILE *file = path != NULL ? fopen(path, "a") : NULL;
    char text[FIGURE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    printf("%s\n", text);
    if (file == NULL)
        return;
    /* One write: tests that run side by side share the file. */
    fprintf(file, "%s: %s\n", test != NULL ? test : "?", text);
    fclose(file);
}
