#include "console/progress_bar.h"

#include "console/moment.h"
#include "console/shown.h"

#include <inttypes.h>

#define BAR_WIDTH 20

static void add_bar(const struct progress_bar *bar, struct buffer *out)
{
    uint64_t filled = bar->done >= bar->total
                          ? BAR_WIDTH
                          : BAR_WIDTH * bar->done / bar->total;

    buffer_add_text(out, " [");
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        buffer_add_text(out, i < filled ? "#" : "·");
    buffer_add_text(out, "]");
}

static void add_rate(const struct progress_bar *bar, int64_t now_ms,
                     struct buffer *out)
{
    char left[MOMENT_AGE_BYTES];
    int64_t took_ms = now_ms - bar->begun_ms;
    double rate;

    if (took_ms <= 0 || bar->done == 0)
        return;
    rate = (double)bar->done * 1000 / (double)took_ms;
    buffer_add_format(out, ", %.0f/s", rate);
    if (bar->total <= bar->done)
        return;
    moment_format_age((int64_t)((double)(bar->total - bar->done) / rate) * 1000,
                      left);
    buffer_add_format(out, ", %s left", left);
}

void progress_bar_render(const struct progress_bar *bar, int64_t now_ms,
                         size_t width, struct buffer *out)
{
    struct buffer line;

    buffer_init(&line, 1024);
    buffer_add_text(&line, bar->title);
    if (bar->total > 0 && width > 0)
        add_bar(bar, &line);
    if (bar->total > 0)
        buffer_add_format(&line, " %3.0f %% ",
                          100.0 * (double)bar->done / (double)bar->total);
    buffer_add_format(&line, " %" PRIu64, bar->done);
    if (bar->total > 0)
        buffer_add_format(&line, " of %" PRIu64, bar->total);
    buffer_add_format(&line, " %s", bar->unit);
    add_rate(bar, now_ms, &line);
    shown_add(out, buffer_slice(&line), width);
    buffer_release(&line);
}
