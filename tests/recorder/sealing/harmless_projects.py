"""Texts without a secret, third set: kinds met in the files of projects that were never looked at.

Written as in `harmless_lines`.
"""

from __future__ import annotations

__all__ = ["CATALOGUES"]

CATALOGUES = r"""
    NewPassword: "Neues Kennwort",\n    ResetPassword: "Passwort zurücksetzen",
  form: {\n    newpassword: 'Nouveau mot de passe',\n    newpassword2: 'Répéter le nouveau mot de passe'
"password": "Le password devono essere di almeno 6 caratteri e devono coincidere.",
"password": "Passwords must be at least 8 characters and match the confirmation.",
"token": "Ce jeton de réinitialisation n'est plus valide.",
Token_MSG: "Das konnte nicht geladen werden. Bitte versuchen Sie es erneut",
"app.insert-password": "Enter your new password",
'resetPassword.newPassword': '新密码',\n'resetPassword.confirmPassword': '确认密码',
$labels['curpasswd'] = 'Senha atual:';\n$messages['nopassword'] = 'Por favor, informe a nova senha.';
$labels['password'] = 'Teßera';
$labels['newpasswd'] = 'รหัสผ่านใหม่';
$labels['confpasswd'] = 'Xác nhận mật khẩu mới';
authenticator.nullPassword=認証に使用するパスワードが指定されていません
invalid_password=Неверный пароль
<string name="account_password">Contraseña de la cuenta</string>
<target id="password">Le mot de passe a été changé</target>
 | Localization file of the password plugin  |\n |                                           |\n | Copyright (C) The Example Dev Team        |\n | See the README file for the full license. |
""".strip("\n")
