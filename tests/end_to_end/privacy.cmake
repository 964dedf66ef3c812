# SPDX-License-Identifier: MIT
# What the levels of --privacy and --redact keep back: looked for in the octets of all that is written.
add_test(NAME end_to_end/privacy COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/privacy.py
    $<TARGET_FILE:wire304> $<TARGET_FILE:forge> ${exchanges})
set_tests_properties(end_to_end/privacy PROPERTIES TIMEOUT 1800 ENVIRONMENT "TZ=UTC"
    FAIL_REGULAR_EXPRESSION "ERROR: (Address|Leak)Sanitizer;runtime error:")
