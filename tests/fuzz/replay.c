/* Runs a target on the files that are named, once each. */
#include "tests/fuzz/fuzz.h"

#define INPUT_BYTES_MAX (1 << 20)

static void run_file(const char *path)
{
    char *bytes = memory_resize(NULL, INPUT_BYTES_MAX, 1);
    FILE *file = fopen(path, "re");
    size_t size;
    uint8_t *input;

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size = fread(bytes, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    /* A block of just that size: reading past it would be seen. */
    input = memory_resize(bytes, size > 0 ? size : 1, 1);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        fprintf(stderr, "%s\n", argv[i]);
        run_file(argv[i]);
    }
    return 0;
}
