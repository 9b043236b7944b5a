/** The simulator in a process of its own, so that its work is not counted as anybody else's. */
import { startSimulator, type Simulator } from '../simulator';
import type { Answer, Command } from './simulator';

let simulator: Simulator | undefined;

/** A new simulator on the same port: channels are configured at the start only. */
async function configure(settings: Command['settings']): Promise<void> {
	const port = simulator ? Number(new URL(simulator.url).port) : 0;
	await simulator?.close();
	simulator = await startSimulator({ drawResults: false, ...settings, port });
}

function answer(): Answer {
	if (!simulator) throw new Error('The simulator has not been configured');
	const { url, token, channels, journal, jobs } = simulator;
	const calls = journal.filter(({ method, path }) => method === 'POST' && path.startsWith('/v1/'));
	return {
		url,
		token,
		channels,
		calls: calls.length,
		busy: calls.filter(({ status }) => status === 429).length,
		completed: jobs.filter(({ status }) => status === 'completed').length,
	};
}

process.on('message', (command: Command) => {
	const work = command.settings ? configure(command.settings) : Promise.resolve();
	if (command.changes) Object.assign(simulator?.settings ?? {}, command.changes);
	void work.then(() => process.send?.(answer()));
});
process.on('disconnect', () => process.exit());
