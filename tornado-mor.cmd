@echo off
rem The command line on Windows: finds a JDK 25 or newer, builds if the jar is missing or old, and runs.
setlocal EnableExtensions DisableDelayedExpansion
set "ROOT=%~dp0"
set "JAR=%ROOT%runner\target\tornado-mor\tornado-mor.jar"
set "FOUND="

if defined JAVA_HOME call :consider "%JAVA_HOME%"
for /f "delims=" %%J in ('where java 2^>nul') do for %%B in ("%%~dpJ..") do call :consider "%%~fB"
for /d %%D in ("%USERPROFILE%\.sdkman\candidates\java\*" "%USERPROFILE%\.jdks\*" "%ProgramFiles%\Java\*" ^
    "%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Microsoft\*" "%ProgramFiles%\Zulu\*") do call :consider "%%~D"
if not defined FOUND (
    echo tornado-mor: no JDK 25 or newer found; install one ^(https://adoptium.net^) or set JAVA_HOME 1>&2
    exit /b 1
)
set "JAVA_HOME=%FOUND%"

set "OUTDATED="
if not exist "%JAR%" (set OUTDATED=1) else (
    powershell -NoProfile -Command "$t=(Get-Item '%JAR%').LastWriteTime; if (Get-ChildItem -Recurse -File '%ROOT%pom.xml','%ROOT%*\pom.xml','%ROOT%*\src\main' | Where-Object { $_.LastWriteTime -gt $t } | Select-Object -First 1) { exit 1 }"
    if errorlevel 1 set OUTDATED=1
)
if defined OUTDATED (
    where mvn >nul 2>nul
    if errorlevel 1 (
        echo tornado-mor: it is not built yet, which takes Maven 3.8 or newer: install it ^(https://maven.apache.org^) 1>&2
        exit /b 1
    )
    echo tornado-mor: building ^(about half a minute^) 1>&2
    call mvn -q -B -f "%ROOT%pom.xml" -pl runner -am package -DskipTests -Dspotless.check.skip=true 1>&2
    if errorlevel 1 exit /b 1
)

rem A JVM that is told two garbage collectors does not start: a person's choice wins over the SDK's, and that over ours. Of several
rem choices of a person the last one counts. The JVM reads some of these variables by itself, so the others are turned off.
set "CHOSEN="
set "NAMED="
for %%V in (JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS TORNADOMOR_JAVA_OPTS _JAVA_OPTIONS) do if defined %%V (
    for %%C in (Serial Parallel G1 Z Shenandoah Epsilon) do call :named %%V %%C
)
set "COLLECTOR=-XX:+UseG1GC"
if defined CHOSEN set "COLLECTOR="
set "OFF="
for %%C in (%NAMED%) do if not "%%C"=="%CHOSEN%" call :off %%C

rem Only the program knows which command lines mean an SDK, and whether that reaches an accelerator.
set "EXTRA="
if not defined TORNADOVM_HOME goto start
set "LIST=%TEMP%\tornado-mor-flags-%RANDOM%%RANDOM%.txt"
"%JAVA_HOME%\bin\java" -cp "%JAR%" org.tornadomor.cli.EngineFlags %* > "%LIST%"
if errorlevel 1 (
    del "%LIST%"
    exit /b 1
)
for /f "usebackq delims=" %%F in ("%LIST%") do call :extra "%%F"
del "%LIST%"

:start
"%JAVA_HOME%\bin\java" %COLLECTOR% -XX:MaxRAMPercentage=80 --add-modules jdk.incubator.vector ^
    --enable-native-access=ALL-UNNAMED -Dtornado.recover.bailout=False %EXTRA% %JAVA_OPTS% %TORNADOMOR_JAVA_OPTS% %OFF% ^
    -jar "%JAR%" %*
exit /b %ERRORLEVEL%

rem Takes one more flag of the SDK. Its collector stands in a line of its own.
:extra
set "FLAG=%~1"
if "%FLAG:~0,8%%FLAG:~-2%"=="-XX:+UseGC" (
    if not defined CHOSEN set "COLLECTOR=%FLAG%"
    exit /b 0
)
set "EXTRA=%EXTRA% %1"
exit /b 0

rem Notes collector %2 if the variable with the name %1 chooses it. Delayed expansion, since there may be quotes in its value.
:named
setlocal EnableDelayedExpansion
set "TEXT= !%~1! "
set "FOUND_IT="
if not "!TEXT:-XX:+Use%~2GC=!"=="!TEXT!" set FOUND_IT=1
endlocal & if not "%FOUND_IT%"=="1" exit /b 0
set "CHOSEN=%~2"
set "NAMED=%NAMED% %~2"
exit /b 0

:off
set "OFF=%OFF% -XX:-Use%~1GC"
exit /b 0

rem Takes the folder as the JDK if none is found yet and its file "release" says 25 or more.
:consider
if defined FOUND exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "tokens=2 delims==" %%V in ('findstr /b "JAVA_VERSION=" "%~1\release"') do (
    for /f "tokens=1 delims=.-+" %%M in ("%%~V") do if %%M GEQ 25 set "FOUND=%~1"
)
exit /b 0
