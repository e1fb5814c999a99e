# Tests of CRC functions by crcheck, for CTest. It needs CMake 3.16.
#
#   list(APPEND CMAKE_MODULE_PATH path/to/crcheck/cmake)
#   include(crcheck)
#   crcheck_add_test(TARGET mycrc SYMBOL my_crc32)
#
#   crcheck_add_test(TARGET target {SYMBOL name | STREAM list}
#                    [NAME test] [MODEL model] [SIGNATURE list] [CONVENTION zlib|register]
#                    [RESULT form] [COMBINE function] [INIT call...] [DEPTH depth] [CHECKS id...]
#                    [ALLOW kind@subject BECAUSE text]... [LABELS label...] [ARGS argument...])
#
# TARGET is a library. crcheck loads a shared one and a module as they are. A static or an object
# library goes into a shared one as a whole, so it needs POSITION_INDEPENDENT_CODE, and SYMBOL must
# be visible. SYMBOL of C++ is the name of the source, such as ns::crc32.
#
# DEPTH is `quick` unless stated, or unless ARGS has a --profile that states it. NAME is
# crcheck.TARGET.SYMBOL unless stated, or crcheck.TARGET.stream. The other keywords are the
# options of `crcheck verify`, and ARGS takes any of them as they are. Every exit code but 0 fails
# the test: also 3, since a library that cannot be loaded is not right.
#
# CRCHECK_EXECUTABLE is the program; by default it is looked for on PATH and where Cargo installs
# programs. Where it is missing, CMake warns, and CTest shows the tests as "Not Run". With
# CRCHECK_REQUIRED=ON, as in CI, that is an error.

include_guard(GLOBAL)
cmake_policy(PUSH)
cmake_policy(VERSION 3.16...3.31)

option(CRCHECK_REQUIRED "It is an error if crcheck is missing" OFF)
# crcheck runs on the host, also where libraries are looked for elsewhere.
find_program(CRCHECK_EXECUTABLE crcheck
    HINTS ENV CRCHECK_ROOT
    PATHS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin"
    PATH_SUFFIXES bin
    DOC "The program crcheck"
    NO_CMAKE_FIND_ROOT_PATH)
if(NOT CRCHECK_EXECUTABLE)
    set(_crcheck_kind WARNING)
    if(CRCHECK_REQUIRED)
        set(_crcheck_kind FATAL_ERROR)
    endif()
    message(${_crcheck_kind} "crcheck is not here, so its tests do not run. Install it "
        "as its README says, or say where it is: -DCRCHECK_EXECUTABLE=/path/to/crcheck")
endif()

function(crcheck_add_test)
    set(one TARGET SYMBOL STREAM NAME MODEL SIGNATURE CONVENTION RESULT COMBINE DEPTH)
    set(many INIT CHECKS ALLOW BECAUSE LABELS ARGS)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "${one}" "${many}")
    _crcheck_require_right_words()
    _crcheck_library("${arg_TARGET}" library)

    if(NOT arg_DEPTH AND NOT "--profile" IN_LIST arg_ARGS)
        set(arg_DEPTH quick)
    endif()
    set(options verify --lib "$<TARGET_FILE:${library}>")
    foreach(keyword SYMBOL STREAM MODEL SIGNATURE CONVENTION RESULT COMBINE DEPTH)
        _crcheck_append(${keyword} "${arg_${keyword}}")
    endforeach()
    foreach(value IN LISTS arg_INIT)
        _crcheck_append(INIT "${value}")
    endforeach()
    foreach(value IN LISTS arg_CHECKS)
        _crcheck_append(CHECK "${value}")
    endforeach()
    foreach(value IN LISTS arg_ALLOW)
        _crcheck_append(ALLOW "${value}")
    endforeach()
    foreach(value IN LISTS arg_BECAUSE)
        _crcheck_append(BECAUSE "${value}")
    endforeach()

    if(NOT arg_NAME)
        set(function "${arg_SYMBOL}")
        if(arg_STREAM)
            set(function stream)
        endif()
        string(REGEX REPLACE "[^A-Za-z0-9_.:]+" "_" arg_NAME
            "crcheck.${arg_TARGET}.${function}")
    endif()
    add_test(NAME "${arg_NAME}"
        COMMAND "${CRCHECK_EXECUTABLE}" ${options} ${arg_ARGS}
        WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    list(INSERT arg_LABELS 0 crcheck)
    set_tests_properties("${arg_NAME}" PROPERTIES LABELS "${arg_LABELS}")
    if(NOT CRCHECK_EXECUTABLE)
        set_tests_properties("${arg_NAME}" PROPERTIES DISABLED TRUE)
    endif()
endfunction()

# Appends an option of crcheck and its value to the list `options`, if there is a value.
function(_crcheck_append keyword value)
    if(NOT value STREQUAL "")
        string(TOLOWER "--${keyword}" option)
        string(REPLACE ";" "\\;" value "${value}")
        set(options "${options};${option};${value}" PARENT_SCOPE)
    endif()
endfunction()

# Ends with an error if the arguments of crcheck_add_test are not right.
macro(_crcheck_require_right_words)
    if(arg_UNPARSED_ARGUMENTS)
        string(REPLACE ";" " " words "${one} ${many}")
        message(FATAL_ERROR "crcheck_add_test: `${arg_UNPARSED_ARGUMENTS}` belongs to no keyword. "
            "The keywords are ${words}. Quote a value with spaces.")
    endif()
    if(arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR
            "crcheck_add_test: a value is missing behind ${arg_KEYWORDS_MISSING_VALUES}")
    endif()
    if(NOT arg_TARGET)
        message(FATAL_ERROR "crcheck_add_test: TARGET is missing, the library with the function")
    endif()
    if((arg_SYMBOL AND arg_STREAM) OR NOT (arg_SYMBOL OR arg_STREAM))
        message(FATAL_ERROR "crcheck_add_test: state either SYMBOL, the name of the function, "
            "or STREAM, the functions that take pieces")
    endif()
    list(LENGTH arg_ALLOW allowed)
    list(LENGTH arg_BECAUSE reasons)
    if(NOT allowed EQUAL reasons)
        message(FATAL_ERROR "crcheck_add_test: ${allowed} x ALLOW and ${reasons} x BECAUSE. Each "
            "ALLOW needs its reason: ALLOW kind@subject BECAUSE \"text\"")
    endif()
    if(NOT CMAKE_TESTING_ENABLED AND (NOT DEFINED BUILD_TESTING OR BUILD_TESTING))
        message(WARNING "crcheck_add_test: CTest will not find this test. Put enable_testing() "
            "or include(CTest) before it, in the topmost CMakeLists.txt")
    endif()
endmacro()

# The target that crcheck can load: `target`, or a shared library that has all of it.
function(_crcheck_library target library)
    if(NOT TARGET "${target}")
        message(FATAL_ERROR "crcheck_add_test: there is no target `${target}`. "
            "Call crcheck_add_test behind its add_library()")
    endif()
    get_target_property(aliased "${target}" ALIASED_TARGET)
    if(aliased)
        set(target "${aliased}")
    endif()
    get_target_property(type "${target}" TYPE)
    if(type MATCHES "^(STATIC|OBJECT)_LIBRARY$")
        _crcheck_wrap("${target}" "${type}" wrapper)
        set(target "${wrapper}")
    elseif(NOT type MATCHES "^(SHARED|MODULE|UNKNOWN)_LIBRARY$")
        message(FATAL_ERROR "crcheck_add_test: the target `${target}` is no library that can be "
            "loaded, but of type ${type}. Put the function into a SHARED, MODULE, STATIC or "
            "OBJECT library. A program is judged by `crcheck verify --cmd`, in add_test()")
    endif()
    set(${library} "${target}" PARENT_SCOPE)
endfunction()

# A shared library that has all of the static or object library `target`.
function(_crcheck_wrap target type wrapper)
    string(MAKE_C_IDENTIFIER "crcheck_${target}" name)
    set(${wrapper} ${name} PARENT_SCOPE)
    if(TARGET ${name})
        return()
    endif()
    _crcheck_require_pic("${target}")
    get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
    set(language C)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/crcheck/${name}.c")
    if("CXX" IN_LIST languages)
        set(language CXX)
        string(APPEND source "pp")
    endif()
    file(WRITE "${source}" "/* The code is in ${target}. */\n")
    add_library(${name} SHARED "${source}")
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE ${language}
        LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/crcheck")
    if(type STREQUAL "STATIC_LIBRARY")
        # The linker would leave out the members that nothing names.
        target_link_libraries(${name} PRIVATE
            -Wl,--whole-archive "$<TARGET_FILE:${target}>" -Wl,--no-whole-archive)
    endif()
    target_link_libraries(${name} PRIVATE "${target}")
endfunction()

# Ends with an error if the code of `target` cannot go into a shared library. Nothing tells of an
# imported one, so there the linker decides.
function(_crcheck_require_pic target)
    get_target_property(is_imported "${target}" IMPORTED)
    get_target_property(is_pic "${target}" POSITION_INDEPENDENT_CODE)
    get_target_property(options "${target}" COMPILE_OPTIONS)
    set(flags "${options} ${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}")
    if(NOT is_imported AND NOT is_pic AND NOT flags MATCHES "-f(PIC|pic)")
        message(FATAL_ERROR "crcheck_add_test: `${target}` has no position independent code, so "
            "it fits into no shared library, which crcheck needs. Put this before "
            "crcheck_add_test: "
            "set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)")
    endif()
endfunction()

cmake_policy(POP)
