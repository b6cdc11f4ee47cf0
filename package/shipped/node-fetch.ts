/** What packages import that once had to bring their own: every supported Node has it. */
export default globalThis.fetch;
