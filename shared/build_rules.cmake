# build_rules - how every file of ours is compiled, and the four words the
# root file is written in: add_parts, add_program, add_shared_files, embed_sql.

add_library(build_rules INTERFACE)
target_compile_features(build_rules INTERFACE c_std_11)
target_compile_definitions(build_rules INTERFACE _GNU_SOURCE
    CLERKSTREAM_VERSION="${PROJECT_VERSION}")
target_include_directories(build_rules INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(build_rules INTERFACE
    -pthread -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef
    -fno-common -fPIE -fstack-protector-strong $<$<BOOL:${WERROR}>:-Werror>
    # The same sources give the same programs, wherever they lie.
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=./build)
target_link_options(build_rules INTERFACE
    -pthread -pie -Wl,-z,relro,-z,now,-z,noexecstack)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(build_rules INTERFACE
        -fcf-protection -fstack-clash-protection)
endif()

if(SANITIZE)
    target_compile_options(build_rules INTERFACE
        -fsanitize=${SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(build_rules INTERFACE -fsanitize=${SANITIZE})
else() # the checks of the C library and those of the sanitizers exclude
    target_compile_definitions(build_rules INTERFACE
        $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()

# <folder>_parts: everything below a folder but its main.c.
function(add_parts folder)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    add_library(${folder}_parts STATIC ${sources})
    target_link_libraries(${folder}_parts PUBLIC build_rules ${ARGN})
endfunction()

function(add_program name folder)
    add_executable(${name} ${folder}/main.c)
    target_link_libraries(${name} PRIVATE ${folder}_parts)
endfunction()

# What a program says of itself, where man and bash-completion look for it
# beside a bin/ that is on the PATH.
function(add_shared_files name)
    set(share ${CMAKE_BINARY_DIR}/share)
    add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E make_directory
                ${share}/man/man1 ${share}/bash-completion/completions
        COMMAND ${name} --man >${share}/man/man1/${name}.1
        COMMAND ${name} --completion
                >${share}/bash-completion/completions/${name})
endfunction()

# The migrations as C arrays inside a program: it needs no file beside it.
function(embed_sql target folder)
    file(GLOB migrations CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/${folder}/*.sql)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_migrations.c)
    set(script ${PROJECT_SOURCE_DIR}/schemas/embed_sql.cmake)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} "-DFILES=${migrations}" -DOUTPUT=${output}
                -P ${script}
        DEPENDS ${migrations} ${script} VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
