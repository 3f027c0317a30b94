package handlers_test

import _ "github.com/descope/virtualwebauthn"
