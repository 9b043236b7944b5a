import { parseArgs } from 'node:util';
import { UserError } from '../tooling/n8n/failure';

export const HELP = `Compares the real InsightFaceSwap API with the simulator of this project.

USEAPI_TOKEN=user:1234-… npm run conformance -- [options]

Lists the identities of one channel, asks what no page of the API says (whether that job can be read, and
what cancelling it answers now that it has ended), reads accounts and jobs, and sends calls that the API must
refuse. All of that is free. The answers and each difference are printed, and written to a report without
secrets, which you can attach to an issue. The exit code is 0 without differences, 1 with differences, 2 when
nothing could be compared.

  --spend <credits>    also submits jobs, on drawn portraits, for at most so many credits (12 for all).
                       Saves an identity under a new name and deletes it again.
  --update-account     also sets the account's default reply URL: to what it is, or, where there is none, to
                       a made-up one, which it removes again
  --reply-url <URL>    public address at which the API can call this machine; needs --listen
  --listen <port>      port on 127.0.0.1 to which that address forwards
  --base-url <URL>     another address of the API (default https://api.useapi.net)
  --report <file>      where the report goes (default conformance/report.md)
  --help               this text`;

export interface Options {
	token: string;
	baseUrl: string;
	/** The most credits to spend; undefined submits no job that costs credits. */
	spend: number | undefined;
	/** Whether to set the account's default reply URL. */
	updateAccount: boolean;
	callbacks: { url: string; port: number } | undefined;
	/** The file, or undefined for the default one. */
	report: string | undefined;
}

/** @throws UserError for arguments that are not valid, and without a token */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | 'help' {
	const values = valuesOf(args);
	if (values.help) return 'help';
	const token = env.USEAPI_TOKEN?.trim();
	if (!token) {
		throw new UserError(
			'npm run conformance calls the real API and needs your useapi.net token in the environment variable USEAPI_TOKEN, e.g. USEAPI_TOKEN=user:1234-… npm run conformance',
		);
	}
	return {
		token,
		baseUrl: urlOf('base-url', values['base-url']),
		spend: values.spend === undefined ? undefined : wholeNumber('spend', values.spend, 1000),
		updateAccount: values['update-account'],
		callbacks: callbacksOf(values['reply-url'], values.listen),
		report: values.report,
	};
}

function valuesOf(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				spend: { type: 'string' },
				'update-account': { type: 'boolean', default: false },
				'reply-url': { type: 'string' },
				listen: { type: 'string' },
				'base-url': { type: 'string', default: 'https://api.useapi.net' },
				report: { type: 'string' },
				help: { type: 'boolean', default: false },
			},
		}).values;
	} catch (error) {
		throw new UserError(`${(error as Error).message}\n\n${HELP}`);
	}
}

function callbacksOf(url: string | undefined, port: string | undefined): Options['callbacks'] {
	if (url === undefined && port === undefined) return undefined;
	if (url === undefined || port === undefined) {
		throw new UserError(
			'--reply-url and --listen go together: a public address, and the port to which it forwards',
		);
	}
	return { url: urlOf('reply-url', url), port: wholeNumber('listen', port, 65_535) };
}

function urlOf(flag: string, value: string): string {
	if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
	throw new UserError(
		`--${flag} takes an address that begins with http:// or https://, not "${value}"`,
	);
}

function wholeNumber(flag: string, value: string, most: number): number {
	if (/^\d+$/.test(value) && Number(value) <= most) return Number(value);
	throw new UserError(`--${flag} takes a whole number from 0 to ${most}, not "${value}"`);
}
