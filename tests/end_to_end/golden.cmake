# SPDX-License-Identifier: MIT
# Golden runs: what the program says of recorded captures, word for word. `bless` writes it anew.
add_test(NAME end_to_end/golden COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/golden.py
    $<TARGET_FILE:wire304> ${CMAKE_SOURCE_DIR})
set_tests_properties(end_to_end/golden PROPERTIES TIMEOUT 1200 ENVIRONMENT "TZ=UTC")
add_custom_target(bless COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/golden.py
    $<TARGET_FILE:wire304> ${CMAKE_SOURCE_DIR} --bless VERBATIM)
