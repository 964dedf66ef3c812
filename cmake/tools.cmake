# SPDX-License-Identifier: MIT
# Targets for those who work on it: format, tidy, coverage, rules-doc, manual.
file(GLOB_RECURSE own_sources CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/base/*.[ch] ${CMAKE_SOURCE_DIR}/capture/*.[ch]
    ${CMAKE_SOURCE_DIR}/decode/*.[ch] ${CMAKE_SOURCE_DIR}/analysis/*.[ch]
    ${CMAKE_SOURCE_DIR}/reports/*.[ch] ${CMAKE_SOURCE_DIR}/pipeline/*.[ch]
    ${CMAKE_SOURCE_DIR}/commands/*.[ch] ${CMAKE_SOURCE_DIR}/tests/*.[ch]
    ${CMAKE_SOURCE_DIR}/bench/*.[ch])
file(GLOB at_the_root CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/*.c ${CMAKE_SOURCE_DIR}/*.h)
list(APPEND own_sources ${at_the_root})
set(own_code ${own_sources})
list(FILTER own_code INCLUDE REGEX "\\.c$")
list(FILTER own_code EXCLUDE REGEX "/(tests|bench)/")

add_custom_target(format COMMAND clang-format -i ${own_sources} VERBATIM)
add_custom_target(tidy
    COMMAND clang-tidy --quiet -p ${CMAKE_BINARY_DIR} ${own_code} VERBATIM)
if(WIRE304_COVERAGE)
    add_custom_target(coverage
        COMMAND lcov --quiet --capture --directory ${CMAKE_BINARY_DIR} --output-file all.info
        COMMAND lcov --quiet --remove all.info '/usr/*' '*/tests/*' --output-file rooms.info
        COMMAND genhtml --quiet rooms.info --output-directory coverage
        COMMAND lcov --summary rooms.info
        COMMENT "report: ${CMAKE_BINARY_DIR}/coverage/index.html"
        WORKING_DIRECTORY ${CMAKE_BINARY_DIR} VERBATIM)
endif()

# What the program prints of the manual: docs/rules.md alone; or that, the manual page, the
# completions and the report in README.md.
add_custom_target(rules-doc
    COMMAND sh -c "\"$1\" rules --format markdown >\"$2\"" rules-doc $<TARGET_FILE:wire304>
        ${CMAKE_SOURCE_DIR}/docs/rules.md
    DEPENDS wire304 VERBATIM)
add_custom_target(manual
    COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/end_to_end/docs.py $<TARGET_FILE:wire304>
        ${CMAKE_SOURCE_DIR} --bless
    DEPENDS wire304 VERBATIM)
