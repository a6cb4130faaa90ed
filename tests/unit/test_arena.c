/* Memory that is handed out in pieces and given back all at once. */
#include "shared/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#define PIECES 2000

static bool is_all(const unsigned char *bytes, size_t size, unsigned char value)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static void pieces_are_aligned_zeroed_and_their_own(void **state)
{
    struct arena arena = {NULL};
    unsigned char *pieces[PIECES];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < PIECES; i++) {
            size_t size = i * 7 % 201;
            pieces[i] = arena_get(&arena, size);
            assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
            assert_true(is_all(pieces[i], size, 0));
            memset(pieces[i], (int)(i % 255 + 1), size);
            memset(arena_bytes(&arena, 3), 0, 3);
        }
        for (size_t i = 0; i < PIECES; i++)
            assert_true(
                is_all(pieces[i], i * 7 % 201, (unsigned char)(i % 255 + 1)));
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static void bytes_need_no_room_between_them(void **state)
{
    struct arena arena = {NULL};
    char *first = arena_bytes(&arena, 3);

    (void)state;
    assert_ptr_equal(arena_bytes(&arena, 1), first + 3);
    assert_non_null(arena_bytes(&arena, 0));
    arena_release(&arena);
}

static void a_piece_may_be_larger_than_any_before(void **state)
{
    const size_t sizes[] = {1, 65536, 65537, 100, 1 << 20, 1, 65535, 2};
    struct arena arena = {NULL};
    unsigned char *pieces[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        pieces[i] = arena_get(&arena, sizes[i]);
        memset(pieces[i], i + 1, sizes[i]);
    }
    for (int i = 0; i < 8; i++)
        assert_true(is_all(pieces[i], sizes[i], (unsigned char)(i + 1)));
    arena_release(&arena);
}

/* A steady load gets the same memory again; a flood's is given back. */
static void one_chunk_is_kept_over_a_clear(void **state)
{
    struct arena arena = {NULL};
    void *first = arena_get(&arena, 100);

    (void)state;
    arena_clear(&arena);
    assert_ptr_equal(arena_get(&arena, 100), first);
    arena_clear(&arena);
    arena_get(&arena, 1 << 20);
    arena_clear(&arena);
    assert_null(arena.chunks);
    arena_clear(&arena);
    assert_non_null(arena_get(&arena, 0));
    arena_release(&arena);
    assert_null(arena.chunks);
    arena_release(&arena);
}

static void a_copy_ends_with_a_nul(void **state)
{
    struct arena arena = {NULL};
    const char text[] = "a\0b";
    struct slice copy = arena_copy(&arena, (struct slice){text, 3});
    struct slice none = arena_copy(&arena, SLICE_EMPTY);

    (void)state;
    assert_int_equal(copy.size, 3);
    assert_memory_equal(copy.data, text, 4);
    assert_ptr_not_equal(copy.data, text);
    assert_int_equal(none.size, 0);
    assert_string_equal(none.data, "");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_their_own),
        cmocka_unit_test(bytes_need_no_room_between_them),
        cmocka_unit_test(a_piece_may_be_larger_than_any_before),
        cmocka_unit_test(one_chunk_is_kept_over_a_clear),
        cmocka_unit_test(a_copy_ends_with_a_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
