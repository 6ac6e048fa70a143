# cmake -DMODE=install|subdirectory -DTARGET=name -DSOURCE_DIR=.. -DBINARY_DIR=.. -DWORK_DIR=.. -DCOMPILER=.. -DGENERATOR=..
#   -P consumer.cmake
# Builds tests/consumer against an installed gradus (MODE install) or with add_subdirectory, and runs it.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed (${code}): ${ARGV}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

set(options -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" --no-warn-unused-cli)
if(MODE STREQUAL "install")
  file(REMOVE_RECURSE "${WORK_DIR}")
  set(prefix "${WORK_DIR}/a prefix")  # a space in the path must not matter
  run("${CMAKE_COMMAND}" --install "${BINARY_DIR}" --prefix "${prefix}")
  file(GLOB_RECURSE texts "${prefix}/include/*" "${prefix}/lib/cmake/*" "${prefix}/lib/*/cmake/*")
  foreach(path IN LISTS texts)
    file(STRINGS "${path}" lines)
    foreach(folder "${SOURCE_DIR}/" "${BINARY_DIR}/")
      string(FIND "${lines}" "${folder}" at)
      if(NOT at EQUAL -1)
        message(FATAL_ERROR "${path} names the source or build tree ${folder}")
      endif()
    endforeach()
  endforeach()
  file(RENAME "${prefix}" "${WORK_DIR}/moved prefix")  # the package must not depend on where it was installed
  list(APPEND options "-DCMAKE_PREFIX_PATH=${WORK_DIR}/moved prefix" -DCMAKE_BUILD_TYPE=Release)
else()
  list(APPEND options "-DGRADUS_SUBDIRECTORY=${SOURCE_DIR}" -DCMAKE_BUILD_TYPE=Debug)
endif()
run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/tests/consumer" -B "${WORK_DIR}/build" ${options})
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build" --target ${TARGET})
run("${WORK_DIR}/build/${TARGET}")
message(STATUS "${TARGET}: ${text}")
if(MODE STREQUAL "install")
  file(REMOVE_RECURSE "${WORK_DIR}")
endif()
