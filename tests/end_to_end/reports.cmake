# SPDX-License-Identifier: MIT
# Reports of every format: as they were blessed, valid, harmless whatever the wire brought.
set(reports ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/reports.py $<TARGET_FILE:wire304> $<TARGET_FILE:forge>
    ${CMAKE_SOURCE_DIR})
add_test(NAME end_to_end/reports COMMAND ${reports})
set_tests_properties(end_to_end/reports PROPERTIES TIMEOUT 1200 ENVIRONMENT "TZ=UTC"
    FAIL_REGULAR_EXPRESSION "ERROR: (Address|Leak)Sanitizer;runtime error:")
add_custom_target(bless_reports COMMAND ${reports} --bless DEPENDS wire304 forge VERBATIM)
if(TARGET bless)
    add_dependencies(bless bless_reports)
endif()
