/** What the pages are told about where they are: config.json beside index.html. */
export interface Config {
  /** Base URLs of the services; empty where the pages come from. */
  catalog: string;
  orders: string;
  livestream: string;
  notify: string;
  issuer: string;
  /** Where the video of a session is, `{session_id}` in it; empty without video. */
  video: string;
  /** Whether the issuer hands out tokens to whoever asks. */
  demo: boolean;
}

export const config: Config = {
  catalog: '',
  orders: '',
  livestream: '',
  notify: '',
  issuer: '',
  video: '',
  demo: false,
};

export async function loadConfig(): Promise<void> {
  const answer = await fetch('./config.json');
  if (answer.ok) Object.assign(config, await answer.json());
}
