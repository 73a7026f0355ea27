import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.TimeUnit;

/** Java programs that hang, or only look as if, one for each name. Every one runs until it is killed. */
class Hang {
  static Process start(String... command) throws Exception {
    return new ProcessBuilder(command).start();
  }

  static Process writer(int descriptor) throws Exception {
    return start("python3", "-c", "import os; os.write(" + descriptor + ", b'x' * 200_000)");
  }

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "unreadOutput" -> writer(1).waitFor();
      case "readOneByOne" -> {
        Process child = writer(2);
        child.getInputStream().readAllBytes();
        child.getErrorStream().readAllBytes();
      }
      case "unclosedInput" -> start("cat").waitFor();
      // From here on: nothing hangs.
      case "waitsWithLimit" -> writer(1).waitFor(1000, TimeUnit.SECONDS);
      case "slowReader" -> {
        BufferedReader lines = new BufferedReader(new InputStreamReader(start("yes").getInputStream()));
        while (lines.readLine() != null) Thread.sleep(20);
      }
      default -> throw new IllegalArgumentException(args[0]);
    }
  }
}
