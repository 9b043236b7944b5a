import { parseArgs } from 'node:util';
import { startSimulator, type Settings } from '.';

const HELP = `The InsightFaceSwap API of useapi.net, simulated on 127.0.0.1.

npm run simulator -- [options]

  --port <number>         TCP port, 0 takes a free one (default 4010)
  --token <token>         API token to accept (default user:1-simulator)
  --channels <number>     configured Discord channels (default 3)
  --blocking-ms <number>  how long a blocking call takes (default 300)
  --async-ms <number>     from started to the end of a job (default 1500)
  --help                  this text`;

/** @throws Error with one line for arguments that are not valid */
function readFlags(args: string[]): Partial<Settings> | 'help' {
	const { values } = parseArgs({
		args,
		options: {
			port: { type: 'string', default: '4010' },
			token: { type: 'string', default: 'user:1-simulator' },
			channels: { type: 'string', default: '3' },
			'blocking-ms': { type: 'string', default: '300' },
			'async-ms': { type: 'string', default: '1500' },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return 'help';
	return {
		port: wholeNumber('port', values.port, 65535),
		token: values.token,
		channels: wholeNumber('channels', values.channels, 1000),
		blockingMs: wholeNumber('blocking-ms', values['blocking-ms']),
		asyncMs: wholeNumber('async-ms', values['async-ms']),
	};
}

function wholeNumber(flag: string, value: string, most = 3_600_000): number {
	if (/^\d+$/.test(value) && Number(value) <= most) return Number(value);
	throw new Error(`--${flag} takes a whole number from 0 to ${most}, not "${value}"`);
}

function explain(error: unknown): string {
	const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
	if (code === 'EADDRINUSE') return `Port ${port} is taken; choose another one with --port`;
	return message.split('\n')[0] ?? message;
}

async function main(): Promise<void> {
	const flags = readFlags(process.argv.slice(2));
	if (flags === 'help') {
		console.log(HELP);
		return;
	}
	const simulator = await startSimulator(flags);
	console.log(
		`The simulator listens on ${simulator.url} (channels ${simulator.channels.join(', ')})`,
	);
	const stop = () => void simulator.close();
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
	console.error(explain(error));
	process.exitCode = 1;
});
