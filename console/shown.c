#include "console/shown.h"

#include "shared/utf8.h"

/* The terminal's own colours: they fit its background. */
static const char *const codes[] = {
    [MOOD_PLAIN] = "",           [MOOD_GOOD] = "\033[32m",
    [MOOD_WARNING] = "\033[33m", [MOOD_BAD] = "\033[31m",
    [MOOD_FAINT] = "\033[2m",    [MOOD_TITLE] = "\033[1m",
};
#define CODE_END "\033[0m"

/* The first character of `text`; one byte where it is none. */
static struct slice first_of(struct slice text)
{
    size_t size = utf8_size_at(text.data, text.size);

    return (struct slice){text.data, size > 0 ? size : 1};
}

static bool is_visible(struct slice character)
{
    unsigned char first = (unsigned char)character.data[0];

    if (character.size == 1)
        return first >= 0x20 && first < 0x7f;
    /* U+0080 to U+009F steer terminals too. */
    return first != 0xc2 || (unsigned char)character.data[1] >= 0xa0;
}

static struct slice without(struct slice text, size_t size)
{
    return (struct slice){text.data + size, text.size - size};
}

size_t shown_width(struct slice text)
{
    size_t width = 0;

    for (; text.size > 0; text = without(text, first_of(text).size))
        width++;
    return width;
}

void shown_add(struct buffer *out, struct slice text, size_t width_max)
{
    size_t left = shown_width(text);
    bool is_cut = width_max > 0 && left > width_max;

    if (is_cut)
        left = width_max - 1;
    for (; left > 0; left--) {
        struct slice character = first_of(text);
        if (is_visible(character))
            buffer_add_slice(out, character);
        else
            buffer_add_char(out, '?');
        text = without(text, character.size);
    }
    if (is_cut)
        buffer_add_text(out, "…");
}

void shown_begin(struct buffer *out, bool has_colours, enum shown_mood mood)
{
    if (has_colours)
        buffer_add_text(out, codes[mood]);
}

void shown_end(struct buffer *out, bool has_colours, enum shown_mood mood)
{
    if (has_colours && mood != MOOD_PLAIN)
        buffer_add_text(out, CODE_END);
}
