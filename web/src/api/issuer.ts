/** The issuer of one's own machine, which hands out tokens where config.json says `demo`. */
import { config } from '../state/config';

export async function demoToken(role: string, subject: string): Promise<string> {
  const answer = await fetch(`${config.issuer}/demo/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ role, subject }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).token;
}
