# SPDX-License-Identifier: MIT
# The same rows whatever the number of threads.
add_test(NAME end_to_end/jobs COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/jobs.py
    $<TARGET_FILE:wire304> $<TARGET_FILE:forge> $<TARGET_FILE:bench_generate> ${exchanges}
    ${CMAKE_SOURCE_DIR}/tests/captures ${CMAKE_SOURCE_DIR}/examples)
set_tests_properties(end_to_end/jobs PROPERTIES TIMEOUT 1200 ENVIRONMENT "TZ=UTC")
