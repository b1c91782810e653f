"""MSAL for Python as it is published, against the sandbox over TLS."""

import json
import os
import unittest

import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
import datetime

SANDBOX = json.loads(os.environ["TENANT_ATLAS_SANDBOX"])
URL = SANDBOX["url"]
TENANT = SANDBOX["tenants"][2]
SCOPES = ["https://graph.microsoft.com/.default"]


def application(credential, client_id=TENANT["client_id"], tenant=TENANT["tenant_id"]):
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=f"{URL}/{tenant}",
        instance_discovery=False,
    )


def certificate():
    """A key, and a certificate of it, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "application")])
    now = datetime.datetime.now(datetime.timezone.utc)
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), own.public_bytes(serialization.Encoding.PEM).decode()


class SignIn(unittest.TestCase):
    def opens_graph(self, result):
        self.assertIn("access_token", result, result)
        answer = requests.get(
            f"{URL}/v1.0/organization",
            headers={"Authorization": f"Bearer {result['access_token']}"},
            timeout=10,
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["value"][0]["id"], TENANT["tenant_id"])

    def test_a_secret_gives_a_token(self):
        app = application(TENANT["client_secret"])
        self.opens_graph(app.acquire_token_for_client(SCOPES))
        again = app.acquire_token_for_client(SCOPES)
        self.assertEqual(again.get("token_source"), "cache")

    def test_a_registered_certificate_gives_a_token(self):
        private, public = certificate()
        path = f"{URL}/_sandbox/tenants/{TENANT['tenant_id']}/certificates"
        registered = requests.post(path, json={"pem": public}, timeout=10)
        self.assertEqual(registered.status_code, 200, registered.text)
        app = application({"private_key": private, "public_certificate": public})
        self.opens_graph(app.acquire_token_for_client(SCOPES))

    def test_a_thumbprint_gives_a_token_too(self):
        private, public = certificate()
        path = f"{URL}/_sandbox/tenants/{TENANT['tenant_id']}/certificates"
        requests.post(path, json={"pem": public}, timeout=10)
        own = x509.load_pem_x509_certificate(public.encode())
        thumbprint = own.fingerprint(hashes.SHA1()).hex()
        app = application({"private_key": private, "thumbprint": thumbprint})
        self.opens_graph(app.acquire_token_for_client(SCOPES))

    def test_a_certificate_that_nobody_registered_is_refused(self):
        private, public = certificate()
        app = application({"private_key": private, "public_certificate": public})
        result = app.acquire_token_for_client(SCOPES)
        self.assertEqual(result["error"], "invalid_client")
        self.assertEqual(result["error_codes"], [700027])

    def test_a_wrong_secret_is_refused(self):
        result = application("wrong").acquire_token_for_client(SCOPES)
        self.assertEqual(result["error"], "invalid_client")
        self.assertEqual(result["error_codes"], [7000215])
        self.assertTrue(result["error_description"].startswith("AADSTS7000215: "))
        self.assertTrue(result["correlation_id"])

    def test_an_unknown_application_is_refused(self):
        ghost = "11111111-2222-4333-8444-555555555555"
        result = application("x", client_id=ghost).acquire_token_for_client(SCOPES)
        self.assertEqual(result["error"], "unauthorized_client")
        self.assertEqual(result["error_codes"], [700016])


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=2).result
    failed = len(outcome.failures) + len(outcome.errors)
    print(f"# pass {outcome.testsRun - failed}")
    print(f"# fail {failed}")
    raise SystemExit(failed > 0)
