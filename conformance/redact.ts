/** Removes what must not stand in a report: secrets, IDs, addresses of people and of files. */
import { DISCORD_TOKENS } from '../nodes/InsightFaceSwap/shared/secrets';

const REDACTIONS: ReadonlyArray<readonly [RegExp, string]> = [
	[/\b[a-z][a-z\d+.-]*:\/\/[^\s"'<>]+/gi, '<url>'],
	[/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<email>'],
	[DISCORD_TOKENS, '<Discord token>'],
	[/\buser:\d+-[\w-]+/g, '<API token>'],
	[/\b[\da-f]{32,}\b/gi, '<hash>'],
	[/(?<!\d)\d{17,20}(?!\d)/g, '<id>'],
	[/(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{24,}/gi, '<secret>'],
];

/**
 * A text without URLs, e-mail addresses, tokens, and IDs of jobs, channels, servers and users.
 * @param secrets removed first, in whatever form they have
 */
export function redact(text: string, secrets: readonly string[] = []): string {
	const known = secrets
		.filter(Boolean)
		.reduce((rest, secret) => rest.replaceAll(secret, '<secret>'), text);
	return REDACTIONS.reduce((rest, [pattern, name]) => rest.replace(pattern, name), known);
}
