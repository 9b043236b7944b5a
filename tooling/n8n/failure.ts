/** A failure whose message says what happened and how to go on: shown without a stack. */
export class UserError extends Error {
	readonly forUser = true;

	override name = 'UserError';
}

const networkTrouble =
	/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

/** Whether npm's output says that the registry cannot be reached. */
export const isNetworkTrouble = (output: string) => networkTrouble.test(output);

/** What to tell a user about an npm command that failed with this output. */
export function explainNpm(command: string, output: string): string {
	if (isNetworkTrouble(output)) {
		return `npm could not reach the package registry while running "${command}". Check the network (or the proxy settings) and run the demo again: it goes on where it stopped.`;
	}
	const tail = output.trim().split('\n').slice(-15).join('\n');
	return `"${command}" failed:\n${tail}`;
}
