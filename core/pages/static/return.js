// Goes on once the frames that tell the services are loaded (Front-Channel Logout 3); without
// JavaScript the button does.
addEventListener("load", () => location.replace(document.querySelector("a[data-return]").href));
