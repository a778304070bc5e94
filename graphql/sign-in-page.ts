/** The page on which an operator hands in a token, for a browser cannot send one by itself. It has no script and no style. */

/** Nothing is loaded; the form leads nowhere but here. */
export const SIGN_IN_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** `note` is one of our own sentences; nothing of a request is shown. */
export const signInPage = (note: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Tierwarden operations</title>
  </head>
  <body>
    <h1>Tierwarden operations</h1>
    <p role="status">${note}</p>
    <form method="post" action="/admin/sign-in">
      <label>Token <input type="password" name="token" autocomplete="off" required></label>
      <button>Sign in</button>
    </form>
    <form method="post" action="/admin/sign-out"><button>Sign out</button></form>
  </body>
</html>
`;
