#include "console/terminal.h"

#include "shared/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY_MS 100  /* on a terminal */
#define LINE_EVERY_MS 5000 /* elsewhere */
#define WIDTH_UNKNOWN 80
#define LINE_BYTES 2048

bool terminal_has_colours(void)
{
    const char *no_color = getenv("NO_COLOR");

    return (no_color == NULL || no_color[0] == '\0') && isatty(STDOUT_FILENO);
}

int terminal_print(struct buffer *text, struct error *err)
{
    if (text->is_full)
        return error_set(err, ERROR_ACCESS,
                         "more than %zu bytes to print: ask for less",
                         text->limit);
    if (text->size > 0 && fwrite(text->data, text->size, 1, stdout) != 1)
        return error_set(err, ERROR_ACCESS, "standard output: %s",
                         strerror(errno));
    buffer_clear(text);
    return 0;
}

int terminal_confirm(const char *question, struct error *err)
{
    char answer[16];

    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return error_set(err, ERROR_INPUT,
                         "--yes: not given, and nobody is there to be asked");
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (fgets(answer, sizeof(answer), stdin) != NULL &&
        (answer[0] == 'y' || answer[0] == 'Y'))
        return 0;
    return error_set(err, ERROR_ACCESS, "nothing was done");
}

static size_t width_of_window(void)
{
    struct winsize window;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
        return WIDTH_UNKNOWN;
    return window.ws_col;
}

/* `end` stands behind the line. */
static void draw(struct progress_bar *bar, bool is_terminal, const char *end)
{
    struct buffer line;

    bar->drawn_ms = clock_steady_ms();
    buffer_init(&line, LINE_BYTES);
    progress_bar_render(bar, bar->drawn_ms,
                        is_terminal ? width_of_window() - 1 : 0, &line);
    fprintf(stderr, "%s%s%s", is_terminal ? "\r\033[K" : "", line.data, end);
    fflush(stderr);
    buffer_release(&line);
}

void terminal_progress(struct progress_bar *bar)
{
    bool is_terminal = isatty(STDERR_FILENO);
    int64_t now_ms = clock_steady_ms();

    if (bar->begun_ms == 0)
        bar->begun_ms = bar->drawn_ms = now_ms;
    if (now_ms - bar->drawn_ms >= (is_terminal ? DRAW_EVERY_MS : LINE_EVERY_MS))
        draw(bar, is_terminal, is_terminal ? "" : "\n");
}

void terminal_progress_end(struct progress_bar *bar)
{
    if (bar->begun_ms != 0)
        draw(bar, isatty(STDERR_FILENO), "\n");
}

void terminal_progress_end_if_long(struct progress_bar *bar)
{
    if (bar->drawn_ms > bar->begun_ms)
        terminal_progress_end(bar);
}
