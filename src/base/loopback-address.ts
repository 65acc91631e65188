/** Whether a host to listen on is reached from this machine only. Names other than `localhost` are not: nobody here resolves them. */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
