/* The table of commands is sorted and complete: each row can be shown and its
 * flags can be read. */
#include "console/commands.h"
#include "shared/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The command that these words begin with, NULL-terminated. */
static const struct command *found(const char *const *words, int *ret_words)
{
    char *argv[4] = {NULL};
    int argc = 0;

    for (; words[argc] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return commands_find(argc, argv, ret_words);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void commands_are_sorted_and_found_by_name(void **state)
{
    int words;

    (void)state;
    for (size_t i = 0; i < commands_count; i++) {
        const char *blank = strchr(commands[i]->name, ' ');
        CLEANUP_FREE char *first =
            memory_copy(commands[i]->name, strcspn(commands[i]->name, " "));
        assert_ptr_equal(found(blank == NULL
                                   ? WORDS(first, "--json")
                                   : WORDS(first, blank + 1, "--json"),
                               &words),
                         commands[i]);
        assert_int_equal(words, blank == NULL ? 1 : 2);
        assert_int_equal(commands_is_family(first), blank != NULL);
        if (i > 0)
            assert_true(strcmp(commands[i - 1]->name, commands[i]->name) < 0);
    }
    assert_null(found(WORDS("migrat"), &words));
    assert_null(found(WORDS("migrate now"), &words));
    assert_null(found(WORDS(""), &words));
    assert_false(commands_is_family(""));
}

static void every_row_is_filled_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count; i++) {
        const struct command *command = commands[i];
        assert_non_null(command->run);
        assert_true(command->flags_count > 0 && command->flags_bytes > 0);
        assert_non_null(strstr(command->example, "clerkstream "));
        assert_non_null(strstr(command->example, command->name));
        assert_int_equal(command->about[strlen(command->about) - 1], '.');
        assert_null(strchr(command->about, '\n'));
    }
}

static void every_flag_is_filled_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count; i++) {
        for (size_t j = 0; j < commands[i]->flags_count; j++) {
            const struct flag *flag = &commands[i]->flags[j];
            assert_true(flag->offset < commands[i]->flags_bytes);
            assert_non_null(flag->about);
            assert_true((flag->value == NULL) == (flag->type == FLAG_SWITCH));
            assert_true((flag->choices != NULL) == (flag->type == FLAG_CHOICE));
            if (flag->type == FLAG_NUMBER)
                assert_true(flag->min < flag->max);
            for (size_t k = 0; k < j; k++) {
                assert_string_not_equal(commands[i]->flags[k].name, flag->name);
                assert_true(commands[i]->flags[k].offset != flag->offset);
            }
        }
    }
}

static bool has_needed(const struct command *command)
{
    for (size_t i = 0; i < command->flags_count; i++)
        if (command->flags[i].is_needed)
            return true;
    return false;
}

/* A fallback outside its own range would be seen here. */
static void every_command_reads_no_words_or_says_what_it_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count; i++) {
        CLEANUP_FREE void *flags = memory_new(commands[i]->flags_bytes);
        struct error err = {.kind = ERROR_NONE};
        bool is_help;
        int result = command_parse(commands[i], 0, NULL, flags, &is_help, &err);
        if (has_needed(commands[i]))
            assert_non_null(strstr(err.text, "given nothing, allowed is"));
        else if (result != 0)
            fail_msg("%s: %s", commands[i]->name, err.text);
    }
}

/* A list of flags that the line would cut is no help. */
static void a_refused_argument_is_answered_with_what_is_allowed(void **state)
{
    char argument[] =
        "--nonsense-that-is-as-long-as-the-line-will-repeat-it-60";
    char *argv[] = {argument};

    (void)state;
    for (size_t i = 0; i < commands_count; i++) {
        CLEANUP_FREE void *flags = memory_new(commands[i]->flags_bytes);
        struct error err;
        bool is_help;
        assert_int_equal(
            command_parse(commands[i], 1, argv, flags, &is_help, &err), -1);
        assert_true(strstr(err.text, ", --help") != NULL ||
                    strstr(err.text, " --help lists") != NULL);
    }
}

static void help_lists_commands_and_environment(void **state)
{
    struct buffer text;

    (void)state;
    buffer_init(&text, 1 << 20);
    commands_help(NULL, &text);
    for (size_t i = 0; i < commands_count; i++) {
        assert_non_null(strstr(text.data, commands[i]->name));
        assert_non_null(strstr(text.data, commands[i]->about));
    }
    for (size_t i = 0; i < console_options_count; i++)
        assert_non_null(strstr(text.data, console_options[i].name));
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_sorted_and_found_by_name),
        cmocka_unit_test(every_row_is_filled_in),
        cmocka_unit_test(every_flag_is_filled_in),
        cmocka_unit_test(every_command_reads_no_words_or_says_what_it_needs),
        cmocka_unit_test(a_refused_argument_is_answered_with_what_is_allowed),
        cmocka_unit_test(help_lists_commands_and_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
