# SPDX-License-Identifier: MIT
# The HTML report without a browser: well-formed, closed to the outside, bounded, true to the database.
add_test(NAME end_to_end/html COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/html_report.py
    $<TARGET_FILE:wire304> ${CMAKE_SOURCE_DIR})
set_tests_properties(end_to_end/html PROPERTIES TIMEOUT 1200 ENVIRONMENT "TZ=UTC")
