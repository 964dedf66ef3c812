# SPDX-License-Identifier: MIT
# The command line: options, messages and every exit code of the program.
add_test(NAME end_to_end/cli COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cli.py
    $<TARGET_FILE:wire304>)
set_tests_properties(end_to_end/cli PROPERTIES TIMEOUT 1200 ENVIRONMENT "TZ=UTC")
