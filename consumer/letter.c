#include "consumer/letter.h"

#include <stdio.h>

#define NUMBER_BYTES 24
#define TOPIC_BYTES_MAX 249 /* Kafka's */

struct slice letter_number(int64_t value, struct arena *arena)
{
    char *text = arena_bytes(arena, NUMBER_BYTES);
    int size = snprintf(text, NUMBER_BYTES, "%lld", (long long)value);

    return (struct slice){text, (size_t)size};
}

struct slice letter_place(const struct place *place, struct arena *arena)
{
    size_t room = place->topic.size + (size_t)2 * NUMBER_BYTES;
    char *text = arena_bytes(arena, room);
    int size = snprintf(text, room, "%.*s:%d:%lld", SLICE_PRINT(place->topic),
                        place->partition, (long long)place->offset);

    return (struct slice){text, (size_t)size};
}

bool letter_read_number(struct slice text, int64_t *ret_value)
{
    int64_t value = 0;

    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

bool letter_read_time(struct slice text, int64_t *ret_ms)
{
    int64_t ms;

    if (!letter_read_number(text, &ms) || ms > INSTANT_MAX)
        return false;
    *ret_ms = ms;
    return true;
}

/* The last part of `text` behind a colon, which is cut off. */
static bool cut_number(struct slice *text, int64_t most, int64_t *ret_value)
{
    size_t at = text->size;

    while (at > 0 && text->data[at - 1] != ':')
        at--;
    if (at == 0 ||
        !letter_read_number((struct slice){text->data + at, text->size - at},
                            ret_value) ||
        *ret_value > most)
        return false;
    text->size = at - 1;
    return true;
}

static bool is_topic(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
            (c < '0' || c > '9') && c != '.' && c != '_' && c != '-')
            return false;
    }
    return text.size > 0 && text.size <= TOPIC_BYTES_MAX;
}

bool letter_read_place(struct slice text, struct place *ret_place)
{
    int64_t partition, offset;

    if (!cut_number(&text, INT64_MAX, &offset) ||
        !cut_number(&text, INT32_MAX, &partition) || !is_topic(text))
        return false;
    *ret_place = (struct place){text, (int32_t)partition, offset};
    return true;
}
