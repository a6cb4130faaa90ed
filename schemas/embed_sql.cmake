# embed_sql - write every migration as a byte array, in the order of their
# names, into the table that console/migrations.h declares.

list(SORT FILES)
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)"
           "\\1\n" bytes "${bytes}")
    string(APPEND arrays
           "static const unsigned char sql_${number}[] = {\n${bytes}0};\n")
    string(APPEND rows
           "    {\"${name}\", (const char *)sql_${number}, sizeof(sql_${number}) - 1},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from schemas/postgres. */
#include \"console/migrations.h\"

${arrays}
const struct migration migrations[] = {
${rows}};
const size_t migrations_count = ${number};
")
