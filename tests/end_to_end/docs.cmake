# SPDX-License-Identifier: MIT
# The manual is true of the program.
add_test(NAME docs/completions COMMAND ${Python3_EXECUTABLE}
    ${CMAKE_CURRENT_SOURCE_DIR}/completions.py $<TARGET_FILE:wire304> ${CMAKE_SOURCE_DIR})
set_tests_properties(docs/completions PROPERTIES TIMEOUT 1200)
foreach(test rules_are_printed manual_page_is_printed manual_page_is_clean readme_report_is_printed
        304_names_rules_that_exist commands_that_are_shown_exist database_has_the_columns queries_run
        limits_are_named caps_are_those_of_the_program)
    add_test(NAME docs/${test} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/docs.py
        $<TARGET_FILE:wire304> ${CMAKE_SOURCE_DIR} test_${test})
    set_tests_properties(docs/${test} PROPERTIES TIMEOUT 1200 ENVIRONMENT "TZ=UTC")
endforeach()
