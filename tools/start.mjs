// Starts database, API, worker and web, without launching anything. Usage: npm start
import { startServices, untilInterrupted, WEB_URL } from './services.mjs';
import { setup } from './setup.mjs';

try {
  await setup();
  const services = await startServices({
    onUnexpectedExit: (message) => {
      console.error(message);
      process.exitCode = 1;
      process.kill(process.pid, 'SIGTERM');
    },
  });
  console.log(`\nThe leaderboard: ${WEB_URL}\nPress Ctrl-C to stop.`);
  await untilInterrupted();
  await services.stop();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
