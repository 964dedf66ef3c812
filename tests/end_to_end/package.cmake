# SPDX-License-Identifier: MIT
# What is installed, and where.
add_test(NAME package/installs COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/package.py
    ${CMAKE_COMMAND} ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR} ${PROJECT_VERSION})
set_tests_properties(package/installs PROPERTIES TIMEOUT 1200)
