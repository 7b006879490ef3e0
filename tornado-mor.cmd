@echo off
rem The command line on Windows: finds Java and starts the jar. Everything else is decided in Java (WindowsLauncher).
setlocal EnableExtensions DisableDelayedExpansion
set "ROOT=%~dp0"
set "JAR=%ROOT%tornado-mor.jar"
if not exist "%JAR%" set "JAR=%ROOT%runner\target\tornado-mor\tornado-mor.jar"
if not exist "%JAR%" (
    echo tornado-mor: it is not built yet; in "%ROOT%" run: mvn -q -B -pl runner,lessons -am package -DskipTests 1>&2
    exit /b 1
)

rem An application image brings its own Java.
set "FOUND="
if exist "%ROOT%runtime\bin\java.exe" set "FOUND=%ROOT%runtime"
if defined JAVA_HOME call :consider "%JAVA_HOME%"
for /f "delims=" %%J in ('where java 2^>nul') do for %%B in ("%%~dpJ..") do call :consider "%%~fB"
for /d %%D in ("%USERPROFILE%\.sdkman\candidates\java\*" "%USERPROFILE%\.jdks\*" "%ProgramFiles%\Java\*" ^
    "%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Microsoft\*" "%ProgramFiles%\Zulu\*") do call :consider "%%~D"
if not defined FOUND (
    echo tornado-mor: no JDK 25 or newer found; install one ^(https://adoptium.net^) or set JAVA_HOME 1>&2
    exit /b 1
)

"%FOUND%\bin\java" -XX:MaxRAMPercentage=80 --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED ^
    -Dtornado.recover.bailout=False %JAVA_OPTS% %TORNADOMOR_JAVA_OPTS% ^
    -cp "%JAR%" org.tornadomor.cli.WindowsLauncher %*
exit /b %ERRORLEVEL%

rem Takes the folder as the JDK if none is found yet and its file "release" says 25 or more.
:consider
if defined FOUND exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "tokens=2 delims==" %%V in ('findstr /b "JAVA_VERSION=" "%~1\release"') do (
    for /f "tokens=1 delims=.-+" %%M in ("%%~V") do if %%M GEQ 25 set "FOUND=%~1"
)
exit /b 0
